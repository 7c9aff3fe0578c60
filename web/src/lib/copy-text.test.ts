// What is said to be copied is copied: also where there is no clipboard, or one that refuses.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { copyText } from './copy-text';

afterEach(() => vi.unstubAllGlobals());

describe('a text', () => {
  it('is on the clipboard where there is one', async () => {
    const writeText = vi.fn().mockResolvedValue(undefined);
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    expect(await copyText('tmk_secret')).toBe(true);
    expect(writeText).toHaveBeenCalledWith('tmk_secret');
  });

  it.each([
    ['there is none', {}],
    ['it refuses', { clipboard: { writeText: () => Promise.reject(new Error('denied')) } }],
  ])('is not said to be copied where %s', async (_, navigator) => {
    vi.stubGlobal('navigator', navigator);
    expect(await copyText('tmk_secret')).toBe(false);
  });
});
