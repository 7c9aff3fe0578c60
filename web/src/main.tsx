// Starts the app: store, theme, router. In `npm run dev:mock` answers come from src/testing instead of a server.
import '@fontsource-variable/inter';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { mayHaveSession } from './api/session-hint';
import { App } from './app/app';
import { askEarly } from './app/ask-early';
import { preloadPage } from './app/page-chunks';
import { watchReadiness } from './app/ready-signal';
import { createStore } from './app/store';

async function start() {
  if (import.meta.env.DEV && import.meta.env.VITE_MOCK) {
    const { startMocks } = await import('./testing/browser');
    await startMocks();
  }
  // Beside the session, not after it.
  preloadPage(mayHaveSession() ? window.location.pathname : '/sign-in');
  const store = createStore();
  watchReadiness(store);
  askEarly(store);
  const root = document.getElementById('root');
  if (root === null) throw new Error('index.html has no element with the id "root"');
  createRoot(root).render(
    <StrictMode>
      <App store={store} />
    </StrictMode>,
  );
}

void start();
