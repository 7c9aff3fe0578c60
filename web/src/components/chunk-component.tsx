// A component whose code is a chunk of its own. Once the chunk is here it is drawn at once. `React.lazy` alone would
// show the fallback even then, because its promise is answered after the drawing; and React holds what follows a
// fallback back until 300 ms after the last one, which a dashboard with many kinds of cards pays again and again.
import { lazy, useState } from 'react';
import type { ComponentType } from 'react';

export interface ChunkComponent<Props> {
  (props: Props): React.JSX.Element;
  /** Fetches the code; a chunk that did not come is asked for again by the next call. */
  preload: () => Promise<void>;
}

export function chunkComponent<Props extends object>(
  fetchChunk: () => Promise<{ default: ComponentType<Props> }>,
): ChunkComponent<Props> {
  let here: ComponentType<Props> | null = null;
  const load = async () => {
    const chunk = await fetchChunk();
    here = chunk.default;
    return chunk;
  };
  const Awaited = lazy(load);

  function Chunk(props: Props) {
    // Decided once a mount: a change from one to the other would throw away what is inside.
    const [Shown] = useState<ComponentType<Props>>(() => here ?? Awaited);
    return <Shown {...props} />;
  }

  return Object.assign(Chunk, {
    preload: async () => {
      await load();
    },
  });
}
