/** The time for everything on the page that says how long something lasts: one tick a second, none while hidden. */

class Clock {
  now = $state(Date.now());

  run(): () => void {
    let timer: ReturnType<typeof setInterval> | undefined;
    const visible = (): void => {
      clearInterval(timer);
      if (document.hidden) return;
      this.now = Date.now();
      timer = setInterval(() => (this.now = Date.now()), 1_000);
    };
    visible();
    document.addEventListener('visibilitychange', visible);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', visible);
    };
  }
}

export const clock = new Clock();
