// The cards in edit mode: drag and resize by mouse (react-grid-layout), and everything again by
// keyboard on the handle. Loaded only when somebody edits.
import Box from '@mui/material/Box';
import { useEffect, useRef, useState } from 'react';
import { GridLayout } from 'react-grid-layout';
import type { LayoutItem } from 'react-grid-layout';
import 'react-grid-layout/css/styles.css';
import 'react-resizable/css/styles.css';
import { useLiveClient } from '@/api/live-client';
import type { Widget } from '@/api/types';
import { useElementSize } from '@/charts/use-element-size';
import { WidgetCard } from '../card/widget-card';
import { GAP, ROW_HEIGHT } from '../view/first-view';
import { editMenu } from './edit-menu';
import type { EditAction } from './edit-menu';
import { COLUMNS, MAX_HEIGHT, MIN_HEIGHT, MIN_WIDTH } from './layout-moves';
import type { Direction, Placed } from './layout-moves';
import { MoveHandle } from './move-handle';

export interface EditGridProps {
  widgets: readonly Widget[];
  selectedId: string | null;
  onSelect: (id: string) => void;
  onLayout: (placed: Placed[], label: string) => void;
  onStep: (id: string, direction: Direction, sized: boolean, session: string) => void;
  onRevert: (session: string) => void;
  onSettled: () => void;
  onMenu: (id: string, action: EditAction) => void;
}

export default function EditGrid(props: EditGridProps) {
  const { widgets } = props;
  const frame = useRef<HTMLDivElement>(null);
  const { width } = useElementSize(frame);
  const live = useLiveClient();
  const cancelled = useRef(false);
  const [generation, setGeneration] = useState(0);
  const [dragging, setDragging] = useState(false);

  // Escape in the middle of a drag puts the card back.
  useEffect(() => {
    if (!dragging) return;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') cancelled.current = true;
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [dragging]);

  const layout: LayoutItem[] = widgets.map((widget) => ({
    i: widget.id,
    ...widget.layout,
    minW: MIN_WIDTH,
    minH: MIN_HEIGHT,
    maxH: MAX_HEIGHT,
  }));
  const started = (): void => {
    cancelled.current = false;
    setDragging(true);
    live.pause(true);
  };
  const stopped = (next: readonly LayoutItem[], item: LayoutItem | null, verb: string): void => {
    setDragging(false);
    live.pause(false);
    if (cancelled.current) {
      setGeneration((count) => count + 1);
      return;
    }
    const title = widgets.find((widget) => widget.id === item?.i)?.title ?? 'card';
    props.onLayout(
      next.map(({ i, x, y, w, h }) => ({ id: i, layout: { x, y, w, h } })),
      `${verb} ${title}`,
    );
  };
  return (
    <Box
      ref={frame}
      data-testid="edit-grid"
      sx={{
        minHeight: 320,
        mx: `-${GAP}px`,
        px: `${GAP}px`,
        borderRadius: 1,
        backgroundImage: 'radial-gradient(var(--tm-palette-divider) 1px, transparent 1px)',
        backgroundSize: '20px 20px',
        '& .react-grid-placeholder': {
          background: 'var(--tm-palette-primary-main)',
          opacity: 0.16,
          borderRadius: '8px',
        },
        '& .react-grid-item.cssTransforms': { transitionDuration: '120ms' },
        '& .react-draggable-dragging': { zIndex: 3, boxShadow: '0 6px 20px rgb(0 0 0 / 0.16)' },
        '& .react-resizable-handle::after': { borderColor: 'var(--tm-palette-text-secondary)' },
      }}
    >
      {width > 0 && (
        <GridLayout
          key={generation}
          width={width}
          layout={layout}
          gridConfig={{
            cols: COLUMNS,
            rowHeight: ROW_HEIGHT,
            margin: [GAP, GAP],
            containerPadding: [0, 0],
          }}
          dragConfig={{ enabled: true, handle: '.card-handle' }}
          resizeConfig={{ enabled: true, handles: ['se'] }}
          onDragStart={started}
          onResizeStart={started}
          onDragStop={(next, _old, item) => stopped(next, item, 'Moved')}
          onResizeStop={(next, _old, item) => stopped(next, item, 'Resized')}
        >
          {widgets.map((widget) => (
            <div
              key={widget.id}
              onClick={() => props.onSelect(widget.id)}
              data-grid-item={widget.id}
            >
              <WidgetCard
                widget={widget}
                editing
                selected={props.selectedId === widget.id}
                extraMenu={editMenu(widget.id, props.onMenu)}
                handle={
                  <MoveHandle
                    title={widget.title}
                    layout={widget.layout}
                    onStep={(direction, sized, session) =>
                      props.onStep(widget.id, direction, sized, session)
                    }
                    onRevert={props.onRevert}
                    onSettled={props.onSettled}
                  />
                }
              />
            </div>
          ))}
        </GridLayout>
      )}
    </Box>
  );
}
