import { describe, expect, it } from 'vitest';
import { VirtualRuntime } from '../testing/virtual-runtime.js';
import { TurnEnd, type TurnTaker } from './turn-end.js';

/** A runtime whose turns end when the test says so. */
class Turns extends VirtualRuntime {
  readonly tasks: (() => void)[] = [];

  override endOfTurn(callback: () => void): void {
    this.tasks.push(callback);
  }
}

function taker(turnEnded: () => void): TurnTaker {
  return { turnEnded };
}

describe('TurnEnd', () => {
  it('is one for all who have the same runtime', () => {
    const [runtime, other] = [new Turns(), new Turns()];
    expect(TurnEnd.of(runtime)).toBe(TurnEnd.of(runtime));
    expect(TurnEnd.of(runtime)).not.toBe(TurnEnd.of(other));
  });

  it('calls all back in their order in one task, and who comes meanwhile in the next', () => {
    const runtime = new Turns();
    const end = TurnEnd.of(runtime);
    const log: string[] = [];
    end.wait(
      taker(() => {
        log.push('first');
        end.wait(taker(() => log.push('third')));
      }),
    );
    end.wait(taker(() => log.push('second')));
    expect(runtime.tasks).toHaveLength(1);
    runtime.tasks.shift()?.();
    expect(log).toEqual(['first', 'second']);
    runtime.tasks.shift()?.();
    expect(log).toEqual(['first', 'second', 'third']);
    expect(runtime.tasks).toEqual([]);
  });

  it('calls the others back where one throws', () => {
    const runtime = new Turns();
    const end = TurnEnd.of(runtime);
    const log: string[] = [];
    end.wait(
      taker(() => {
        throw new Error('thrown on purpose');
      }),
    );
    end.wait(taker(() => log.push('second')));
    end.wait(taker(() => log.push('third')));
    expect(() => runtime.tasks.shift()?.()).toThrow('thrown on purpose');
    runtime.tasks.shift()?.();
    expect(log).toEqual(['second', 'third']);
  });
});
