// What the mocked server remembers between requests of one test or one browser session.
import type { ApiKey } from '@/api/types';
import type { Contract, DatasetJob, DatasetSettings, DatasetSteps, LoadReport } from '@/api/types';
import { apiKeys } from './key-fixtures';

interface MockState {
  signedIn: boolean;
  setupRequired: boolean;
  refreshes: number;
  loadPolls: number;
  loadCancelled: boolean;
  uploads: number;
  /** null: as they are in the beginning. */
  settings: DatasetSettings | null;
  steps: DatasetSteps;
  contract: Contract;
  /** By load and number of the rejected row. */
  replays: Map<string, LoadReport>;
  keys: ApiKey[];
  /** Newest first. */
  jobs: DatasetJob[];
  /** The rows that were to go. */
  gone: { predicate: string; expected_rows: number; work: DatasetJob['work'] }[];
}

const initial = (): MockState => ({
  signedIn: true,
  setupRequired: false,
  refreshes: 0,
  loadPolls: 0,
  loadCancelled: false,
  uploads: 0,
  settings: null,
  steps: { source: [], steps: [] },
  contract: { rules: [] },
  replays: new Map(),
  keys: apiKeys(),
  jobs: [],
  gone: [],
});

export const mockState: MockState = initial();

export function resetMockState(): void {
  Object.assign(mockState, initial());
}
