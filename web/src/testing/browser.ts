// The mocked server of `npm run dev:mock`, for working on screens without a backend.
import { setupWorker } from 'msw/browser';
import { accessHandlers } from './access-handlers';
import { dashboardHandlers, liveHandler } from './dashboard-handlers';
import { handlers } from './handlers';
import { modelHandlers } from './model-handlers';
import { viewHandlers } from './view-handlers';

export async function startMocks(): Promise<void> {
  const all = [
    liveHandler(),
    ...accessHandlers,
    ...modelHandlers,
    ...viewHandlers,
    ...dashboardHandlers,
    ...handlers,
  ];
  await setupWorker(...all).start({ quiet: true, onUnhandledRequest: 'bypass' });
}
