/**
 * Tells the whole seconds that are left until a time on the clock of `performance.now()`, at once and
 * at each change, 0 being the last. Gives the function that ends it.
 */
export function startCountdown(until: number, tell: (seconds: number) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    const leftMs = Math.max(0, until - performance.now());
    const seconds = Math.ceil(leftMs / 1000);
    if (seconds > 0) timer = setTimeout(look, leftMs - (seconds - 1) * 1000);
    tell(seconds);
  };
  look();
  return () => clearTimeout(timer);
}
