// What the mocked server remembers between requests of one test or one browser session.

interface MockState {
  signedIn: boolean;
  setupRequired: boolean;
  refreshes: number;
  loadPolls: number;
  loadCancelled: boolean;
  uploads: number;
}

const initial = (): MockState => ({
  signedIn: true,
  setupRequired: false,
  refreshes: 0,
  loadPolls: 0,
  loadCancelled: false,
  uploads: 0,
});

export const mockState: MockState = initial();

export function resetMockState(): void {
  Object.assign(mockState, initial());
}
