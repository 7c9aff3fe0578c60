// One number for what an answer was made of: the version of its dataset or, of several, the sum of theirs, as live frames
// have it (docs/api.md, Live). Of two answers to one question the greater one is of newer data.
import type { Provenance } from './types';

export function versionRead({ version, sources }: Pick<Provenance, 'version' | 'sources'>): number {
  return version ?? (sources ?? []).reduce((sum, source) => sum + source.version, 0);
}
