/** A clock that a test moves. */
export function clock() {
  let now = 0;
  let timers: { atMs: number; run: () => void }[] = [];
  const after = (ms: number, run: () => void) => {
    const timer = { atMs: now + ms, run };
    timers.push(timer);
    return () => {
      timers = timers.filter((one) => one !== timer);
    };
  };
  const pass = (ms: number) => {
    for (const end = now + ms; now < end; ) {
      now += 1_000;
      for (const timer of timers.filter(({ atMs }) => atMs <= now)) {
        timers = timers.filter((one) => one !== timer);
        timer.run();
      }
    }
  };
  /** The requests behind the timers are ended by the platform, without a word. */
  const kill = () => {
    timers = [];
  };
  return { now: () => now, after, pass, kill };
}
