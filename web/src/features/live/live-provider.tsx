// Gives a page the live channel: builds the tab's one socket, follows the tab's visibility and the
// network, and polls over HTTP when the socket cannot be had.
import { useEffect } from 'react';
import type { ReactNode } from 'react';
import { LiveClientContext } from '@/api/live-client';
import { queryApi } from '@/api/query-api';
import { apiBase, onPersonChanged, refreshSession } from '@/api/reauth';
import { resultStore } from '@/api/result-store';
import { getAccessToken, onAccessTokenChanged } from '@/api/session-token';
import { getViewed, onViewAsChanged } from '@/api/view-as';
import { whenIdle } from '@/lib/when-idle';
import type { SemanticQuery } from '@/api/types';
import { useStore } from 'react-redux';
import type { AppDispatch } from '@/app/store';
import { LiveSocket } from './live-socket';
import type { SocketLike } from './live-socket';
import { followTab } from './tab-visibility';

const START_WITHIN_MS = 1_000;

function openSocket(): SocketLike {
  const url = new URL(`${apiBase}/live`, window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return new WebSocket(url, 'tidemill.v1') as unknown as SocketLike;
}

// Paint-time flush; a hidden tab gets no animation frames, so a timer stands in.
function schedule(callback: () => void): void {
  if (document.visibilityState === 'hidden') window.setTimeout(callback, 250);
  else window.requestAnimationFrame(callback);
}

// Outside React, because there is one socket per tab whatever is mounted.
let shared: LiveSocket | null = null;
let users = 0;

// An answer on its way to one person must not be shown to another.
onViewAsChanged(() => shared?.restart());
// Nor one of another calendar, or of somebody who was signed in before.
onPersonChanged(() => shared?.restart());

function socketOf(dispatch: AppDispatch): LiveSocket {
  shared ??= new LiveSocket({
    openSocket,
    clock: {
      now: () => performance.now(),
      schedule,
      setTimer: (callback, delay) => window.setTimeout(callback, delay),
      clearTimer: (timer) => window.clearTimeout(timer),
    },
    random: Math.random,
    session: {
      token: getAccessToken,
      onChanged: onAccessTokenChanged,
      refresh: async () => 'session' in (await refreshSession()),
    },
    viewAs: () => getViewed()?.id ?? null,
    results: resultStore,
    poll: async (query: SemanticQuery) => {
      const request = dispatch(
        queryApi.endpoints.runQuery.initiate(query, { subscribe: false, forceRefetch: true }),
      );
      const answer = await request;
      return answer.error === undefined;
    },
  });
  return shared;
}

export function LiveProvider({ children }: { children: ReactNode }) {
  const store = useStore();
  const socket = socketOf(store.dispatch as AppDispatch);

  useEffect(() => {
    users += 1;
    // After the first picture: a subscription has the server run the query of a card once more.
    const notYet = whenIdle(() => socket.start(), START_WITHIN_MS);
    const leave = followTab(socket);
    return () => {
      notYet();
      leave();
      users -= 1;
      // Strict mode and route changes mount again at once; only a real leave closes the socket.
      window.setTimeout(() => {
        if (users === 0) socket.stop();
      }, 5_000);
    };
  }, [socket]);

  return <LiveClientContext value={socket}>{children}</LiveClientContext>;
}
