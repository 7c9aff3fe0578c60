// Where one is in a hierarchy: the values that were gone into, each a way back up.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useRef } from 'react';
import type { Model, ModelDimension } from '@/api/types';
import { drillPaths } from '@/lib/hierarchies';
import type { Crumb, DrillPath as Path } from '@/lib/hierarchies';
import { valueOf } from '@/lib/result-group';
import type { ExploreState } from '../state/explore-state';

export interface DrillPathProps {
  model: Model;
  state: ExploreState;
  change: (edit: (state: ExploreState) => ExploreState) => void;
}

/** The value of a crumb is one of the level above it that has one. */
function wordsOf({ value, level }: Crumb, above: Crumb | undefined): string {
  if (value === undefined || above === undefined) return `All by ${level.label}`;
  const { label, type } = above.level;
  return valueOf({ member: above.level.name, label, type, value });
}

export default function DrillPath({ model, state, change }: DrillPathProps) {
  // The crumb that is pressed is where one is then, or the way is at its end: the focus stays at the place or by what is asked.
  const going = useRef<ModelDimension | null>(null);
  const arrive = (level: ModelDimension, place: HTMLElement | null): void => {
    if (place === null || going.current?.name !== level.name) return;
    going.current = null;
    place.focus();
  };
  const go = ({ crumbs }: Path, { level, dimensions, filters }: Crumb, from: HTMLElement): void => {
    going.current = level;
    from.closest<HTMLElement>('[tabindex="-1"]')?.focus();
    const here = crumbs.at(-1)?.level.name;
    const renamed = (name: string): string => (name === here ? level.name : name);
    change((old) => {
      const { pivot, top } = old;
      return {
        ...old,
        dimensions,
        filters,
        pivot: pivot === null ? null : renamed(pivot),
        top: top === null || top === 'all' ? top : { ...top, dimension: renamed(top.dimension) },
      };
    });
  };
  return drillPaths(state, model).map((path) => (
    <Box
      key={path.hierarchy.name}
      component="nav"
      aria-label={`Way down ${path.hierarchy.label}`}
      sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 1 }}
    >
      <Box aria-hidden="true" sx={{ typography: 'body2', color: 'text.secondary' }}>
        {path.hierarchy.label}
      </Box>
      {path.crumbs.map((crumb, at) => {
        const words = wordsOf(crumb, path.crumbs[at - 1]);
        const last = at === path.crumbs.length - 1;
        return (
          <Box key={crumb.level.name} sx={{ display: 'flex', alignItems: 'center', gap: 1 }}>
            {at > 0 && (
              <Box component="span" aria-hidden="true" sx={{ color: 'text.secondary' }}>
                ›
              </Box>
            )}
            {last ? (
              <Box
                component="span"
                aria-current="location"
                tabIndex={-1}
                ref={(place: HTMLElement | null) => arrive(crumb.level, place)}
                sx={{ fontWeight: 600 }}
              >
                {words}, by {crumb.level.label}
              </Box>
            ) : (
              <Button
                size="small"
                variant="text"
                onClick={(event) => go(path, crumb, event.currentTarget)}
              >
                {words}
              </Button>
            )}
          </Box>
        );
      })}
    </Box>
  ));
}
