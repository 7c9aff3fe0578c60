// The mocked server of `npm run dev:mock`, for working on screens without a backend.
import { setupWorker } from 'msw/browser';
import { accessHandlers } from './access-handlers';
import { dashboardHandlers, liveHandler } from './dashboard-handlers';
import { handlers } from './handlers';
import { modelHandlers } from './model-handlers';

export async function startMocks(): Promise<void> {
  const all = [
    liveHandler(),
    ...accessHandlers,
    ...modelHandlers,
    ...dashboardHandlers,
    ...handlers,
  ];
  await setupWorker(...all).start({ quiet: true, onUnhandledRequest: 'bypass' });
}
