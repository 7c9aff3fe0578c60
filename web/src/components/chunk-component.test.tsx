// What is here is drawn at once; what is not here has a fallback first; what failed is asked for again.
import { act, render, screen } from '@testing-library/react';
import { Suspense } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { chunkComponent } from './chunk-component';

const chunk = { default: ({ name }: { name: string }) => <p>Here is {name}</p> };

describe('a component in a chunk', () => {
  it('is drawn in the first pass when its chunk is here', async () => {
    const fallbacks = vi.fn(() => null);
    const Fallback = () => fallbacks();
    const Part = chunkComponent(() => Promise.resolve(chunk));
    await Part.preload();
    render(
      <Suspense fallback={<Fallback />}>
        <Part name="Ada" />
      </Suspense>,
    );
    expect(screen.getByText('Here is Ada')).toBeInTheDocument();
    expect(fallbacks).not.toHaveBeenCalled();
  });

  it('shows the fallback until its chunk is here', async () => {
    let arrive: (value: typeof chunk) => void = () => undefined;
    const Part = chunkComponent(
      () =>
        new Promise<typeof chunk>((resolve) => {
          arrive = resolve;
        }),
    );
    await act(async () => {
      render(
        <Suspense fallback={<p>Wait</p>}>
          <Part name="Ada" />
        </Suspense>,
      );
    });
    expect(screen.getByText('Wait')).toBeInTheDocument();
    await act(async () => arrive(chunk));
    expect(await screen.findByText('Here is Ada')).toBeInTheDocument();
  });

  it('is asked for again after a failure', async () => {
    const fetchChunk = vi
      .fn<() => Promise<typeof chunk>>()
      .mockRejectedValueOnce(new Error('gone'))
      .mockResolvedValueOnce(chunk);
    const Part = chunkComponent(fetchChunk);
    await expect(Part.preload()).rejects.toThrow('gone');
    await Part.preload();
    render(<Part name="Bo" />);
    expect(screen.getByText('Here is Bo')).toBeInTheDocument();
  });
});
