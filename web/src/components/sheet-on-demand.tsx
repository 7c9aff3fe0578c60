// The sheet from the bottom, fetched when one is opened for the first time. From then on it stays, for its way of closing.
import { Suspense, useState } from 'react';
import type { BottomSheetProps } from './bottom-sheet';
import { chunkComponent } from './chunk-component';

const BottomSheet = chunkComponent<BottomSheetProps>(() => import('./bottom-sheet'));

export function SheetOnDemand(props: BottomSheetProps) {
  const [used, setUsed] = useState(false);
  if (props.open && !used) setUsed(true);
  return used ? (
    <Suspense fallback={null}>
      <BottomSheet {...props} />
    </Suspense>
  ) : null;
}
