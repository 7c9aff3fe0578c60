// The Redux store: server data (RTK Query), the session, preferences and toasts. Features add their
// own slices with `injectReducer`, so that a page's state loads with the page.
import { combineSlices, configureStore } from '@reduxjs/toolkit';
import { setupListeners } from '@reduxjs/toolkit/query';
import { baseApi } from '@/api/base-api';
import { onSessionChanged } from '@/api/reauth';
import { resultStore } from '@/api/result-store';
import { rememberSession } from '@/api/session-hint';
import { sessionEnded, sessionSlice, sessionStarted } from '@/api/session-slice';
import { toastSlice } from '@/components/toast-slice';

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
  let last: string | null = null;
  onSessionChanged((session) => {
    rememberSession(session !== null);
    if (session === null) {
      store.dispatch(sessionEnded());
      return;
    }
    // Nothing of one person, least of all of another tenant, may be seen by the next who signs in on this screen.
    const person = `${session.tenant.id} ${session.user.id}`;
    if (last !== null && last !== person) {
      store.dispatch(baseApi.util.resetApiState());
      resultStore.clear();
    }
    last = person;
    store.dispatch(sessionStarted({ user: session.user, tenant: session.tenant }));
  });
  return store;
}

export type AppStore = ReturnType<typeof createStore>;
export type RootState = ReturnType<typeof rootReducer>;
export type AppDispatch = AppStore['dispatch'];
