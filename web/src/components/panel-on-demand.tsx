// The panel that a button opens, fetched when one is opened for the first time. From then on it stays, for its way of closing.
import { Suspense, useState } from 'react';
import type { AnchoredPanelProps } from './anchored-panel';
import { chunkComponent } from './chunk-component';

const Panel = chunkComponent<AnchoredPanelProps>(() =>
  import('./anchored-panel').then((module) => ({ default: module.AnchoredPanel })),
);

export function PanelOnDemand(props: AnchoredPanelProps) {
  const [used, setUsed] = useState(false);
  if (props.anchor !== null && !used) setUsed(true);
  return used ? (
    <Suspense fallback={null}>
      <Panel {...props} />
    </Suspense>
  ) : null;
}
