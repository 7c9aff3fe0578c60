// What a view takes from one model: the way there, which members, and what they are called.
import Box from '@mui/material/Box';
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import { useContext } from 'react';
import type { Model, View, ViewInclude } from '@/api/types';
import { without } from '@/lib/without';
import { Choice, Fields, ReadOnly, Text } from '../form/fields';
import { MemberPicker } from './member-picker';
import { TakenList } from './taken-list';
import { beginningOf, follows, isMade, listed, offersOf, withFollowing } from './state/part';
import { placeAt, placesFrom, wordsOfPath } from './state/paths';

export interface PartFieldsProps {
  view: View;
  part: ViewInclude;
  /** Which part it is: the first says with which model all begin. */
  place: number;
  models: readonly Model[];
  onChange: (part: ViewInclude) => void;
}

export default function PartFields({ view, part, place, models, onChange }: PartFieldsProps) {
  const readOnly = useContext(ReadOnly);
  const [root = ''] = view.include[0]?.path.split('.') ?? [];
  // The first model says where all begin; where it is not shown itself, its part is one of a way like the others.
  const isRoot = place === 0 && !part.path.includes('.');
  const ways = isRoot
    ? models.map(({ name, label }) => ({ value: name, label }))
    : placesFrom(root, models)
        .filter(
          ({ path }) => path === part.path || !view.include.some((other) => other.path === path),
        )
        .map(({ path }) => ({ value: path, label: wordsOfPath(path, models) }));
  const found = placeAt(part.path, models);
  const offers = found === null ? [] : offersOf(found.model);
  const takeable = offers.filter(({ kind }) => !(found?.aliased && kind === 'measure'));
  const following = follows(part);
  const own = listed(part).filter(isMade).length;
  return (
    <>
      <Fields>
        <Choice
          label={isRoot ? 'First model' : 'Model, by way of'}
          value={part.path}
          // The others begin with it.
          fixed={isRoot && view.include.length > 1}
          options={ways}
          onChange={(path) =>
            // Members of one model are not those of another.
            onChange({ ...without(part, 'except'), path, members: following ? '*' : [] })
          }
        />
        <Text
          label="Names begin with"
          value={part.prefix ? (part.alias ?? part.path.split('.').at(-1)) : ''}
          hint={
            part.prefix
              ? `As in ${beginningOf(part)}${takeable[0]?.name ?? 'name'}`
              : 'Nothing: they are called as in the model'
          }
          onChange={(text) => {
            const rest = without(part, 'prefix', 'alias');
            const alias = text.replace(/_+$/, '');
            onChange(
              alias === ''
                ? rest
                : {
                    ...rest,
                    prefix: true,
                    ...(alias === part.path.split('.').at(-1) ? {} : { alias }),
                  },
            );
          }}
        />
      </Fields>
      {found !== null && (
        <>
          <Box>
            <FormControlLabel
              control={
                <Checkbox
                  size="small"
                  checked={following}
                  disabled={readOnly || own > 0}
                  onChange={(event) =>
                    onChange(
                      withFollowing(
                        part,
                        event.target.checked,
                        offers.map(({ name }) => name),
                      ),
                    )
                  }
                />
              }
              label="Follow the model"
            />
            <Box sx={{ typography: 'body2', color: 'text.secondary' }}>
              {following
                ? 'Members that the model gets later are in the view too, unless they are left out here. All have the names of the model.'
                : own > 0
                  ? 'Some members have names or words of their own, so that each is listed.'
                  : 'Only what is chosen here is in the view.'}
            </Box>
          </Box>
          <MemberPicker
            {...{ part, offers, onChange }}
            aliased={found.aliased}
            model={found.model}
          />
          {!following && <TakenList {...{ part, offers, onChange }} />}
        </>
      )}
    </>
  );
}
