// The Redux store: server data (RTK Query), the session, preferences and toasts. Features add their
// own slices with `injectReducer`, so that a page's state loads with the page.
import { combineSlices, configureStore } from '@reduxjs/toolkit';
import { setupListeners } from '@reduxjs/toolkit/query';
import { baseApi } from '@/api/base-api';
import { onPersonChanged, onSessionChanged } from '@/api/reauth';
import { sessionApi } from '@/api/session-api';
import { rememberSession } from '@/api/session-hint';
import { sessionEnded, sessionSlice, sessionStarted } from '@/api/session-slice';
import { getViewed, onViewAsChanged } from '@/api/view-as';
import { toastSlice } from '@/components/toast-slice';
import { setFormatCalendar, within } from '@/lib/format/calendar';

// Features may declare slices here through module augmentation and `rootReducer.inject(slice)`.
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface LazySlices {}

export const rootReducer = combineSlices(
  baseApi,
  sessionSlice,
  toastSlice,
).withLazyLoadedSlices<LazySlices>();

export function createStore() {
  const store = configureStore({
    reducer: rootReducer,
    // Query answers can be large; walking through them on every action would cost more than it finds.
    middleware: (defaults) =>
      defaults({
        serializableCheck: { ignoredPaths: ['api'], ignoredActionPaths: ['payload', 'meta'] },
        immutableCheck: { ignoredPaths: ['api'] },
      }).concat(baseApi.middleware),
    // What is answered in one go is told in one go; the default would wait for the next frame, and draw in it.
    enhancers: (defaults) => defaults({ autoBatch: { type: 'tick' } }),
  });
  setupListeners(store.dispatch);
  // Before anything is drawn anew: what is asked and written about time goes by the zone and calendar of the one whose eyes these
  // are, as the server has it, and where that says nothing by those of the organisation.
  const tellCalendar = (): void => {
    const { user, tenant } = store.getState().session;
    setFormatCalendar(within((getViewed() ?? user)?.calendar, tenant?.calendar));
  };
  store.subscribe(tellCalendar);
  const forget = (): void => {
    const { data } = sessionApi.endpoints.getBootstrap.select()(store.getState());
    store.dispatch(baseApi.util.resetApiState());
    // What everybody may know stays: without it the page would be taken away until it is asked anew.
    if (data)
      store.dispatch(
        sessionApi.util.upsertQueryEntries([
          { endpointName: 'getBootstrap', arg: undefined, value: data },
        ]),
      );
  };
  onPersonChanged(forget);
  onViewAsChanged(() => {
    tellCalendar();
    forget();
  });
  onSessionChanged((session) => {
    rememberSession(session !== null);
    if (session === null) {
      store.dispatch(sessionEnded());
      return;
    }
    store.dispatch(sessionStarted({ user: session.user, tenant: session.tenant }));
  });
  return store;
}

export type AppStore = ReturnType<typeof createStore>;
export type RootState = ReturnType<typeof rootReducer>;
export type AppDispatch = AppStore['dispatch'];
