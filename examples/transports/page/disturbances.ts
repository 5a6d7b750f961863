import { TIMING } from '../src/timing.js';
import { find } from './find.js';
import type { Disturbance, Panel } from './panel.js';

/** As many ticks as a disturbance and the time after it take. */
const JUDGED_TICKS = 16;
const STARTED: Readonly<Record<Disturbance, string>> = {
  late: `The server does nothing at all for ${TIMING.lateMs / 1000} s, and catches up …`,
  cut: `The network is away for ${TIMING.cutMs / 1000} s; all connections are lost …`,
};
const DONE: Readonly<Record<Disturbance, string>> = {
  late: 'The server has caught up. Each panel says what came of it.',
  cut: 'The network is back. Each panel says what came of it.',
};

/** Lets the buttons disturb server and network, and the panels tell what they saw of it. */
export function enableDisturbances(panels: readonly Panel[]): void {
  const buttons = [find('#late', HTMLButtonElement), find('#cut', HTMLButtonElement)];
  const status = find('#status', HTMLElement);
  const setBusy = (isBusy: boolean): void => {
    // Not `disabled`, which would take the focus away from who has just pressed it.
    for (const button of buttons) button.setAttribute('aria-disabled', String(isBusy));
  };
  const disturb = async (disturbance: Disturbance): Promise<void> => {
    setBusy(true);
    status.textContent = STARTED[disturbance];
    try {
      const response = await fetch(`/${disturbance}`, { method: 'POST' });
      const { from } = (await response.json()) as { from: number };
      for (const panel of panels) panel.judge(disturbance, { from, to: from + JUDGED_TICKS });
      await new Promise((resolve) => setTimeout(resolve, JUDGED_TICKS * TIMING.tickMs));
      status.textContent = DONE[disturbance];
    } catch {
      status.textContent = 'The server could not be reached. Try again.';
    }
    setBusy(false);
  };
  for (const button of buttons) {
    button.addEventListener('click', () => {
      if (button.getAttribute('aria-disabled') === 'true') return;
      void disturb(button.id === 'cut' ? 'cut' : 'late');
    });
  }
}
