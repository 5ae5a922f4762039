import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/base/clock.js';

afterEach(() => {
  vi.useRealTimers();
});

describe('the clock of the machine', () => {
  const never = new AbortController().signal;

  it('wakes after the time, not before', async () => {
    vi.useFakeTimers();
    const woken = vi.fn();
    const sleeping = systemClock.sleep(500, never).then(woken);
    await vi.advanceTimersByTimeAsync(499);
    expect(woken).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(woken).toHaveBeenCalled();
    await sleeping;
  });

  it('sleeps longer than a timer of Node can', async () => {
    vi.useFakeTimers();
    const monthMs = 30 * 86_400_000;
    const woken = vi.fn();
    const sleeping = systemClock.sleep(monthMs, never).then(woken);
    await vi.advanceTimersByTimeAsync(monthMs - 1);
    expect(woken).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;
  });

  it('is woken by a signal at once, with its reason, and leaves no timer', async () => {
    vi.useFakeTimers();
    const stopping = new AbortController();
    const sleeping = systemClock.sleep(60_000, stopping.signal);
    stopping.abort(new Error('the run stops'));
    await expect(sleeping).rejects.toThrow('the run stops');
    expect(vi.getTimerCount()).toBe(0);
    await expect(systemClock.sleep(60_000, stopping.signal)).rejects.toThrow('the run stops');
  });

  it('leaves no listener at the signal', async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    await systemClock.sleep(0, signal);
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(
      added.mock.calls.map(([, listener]) => listener),
    );
  });

  it('never goes back', () => {
    const times = Array.from({ length: 1000 }, () => systemClock.nowMs());
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});
