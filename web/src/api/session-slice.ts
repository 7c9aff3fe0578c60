// Who is signed in. The token itself is in session-token.ts, not in the store.
import { createSlice } from '@reduxjs/toolkit';
import type { PayloadAction } from '@reduxjs/toolkit';
import { useSelector } from 'react-redux';
import type { Me, Role, Tenant, User } from './types';

export interface SessionState {
  // 'unknown' until the first silent refresh has answered.
  status: 'unknown' | 'signed_in' | 'signed_out';
  user: User | null;
  tenant: Tenant | null;
}

const initialState: SessionState = { status: 'unknown', user: null, tenant: null };

export const sessionSlice = createSlice({
  name: 'session',
  initialState,
  reducers: {
    sessionStarted: (_state, action: PayloadAction<Me>): SessionState => ({
      status: 'signed_in',
      user: action.payload.user,
      tenant: action.payload.tenant,
    }),
    sessionEnded: (): SessionState => ({ ...initialState, status: 'signed_out' }),
  },
});

export const { sessionStarted, sessionEnded } = sessionSlice.actions;

const ranks: Record<Role, number> = { viewer: 0, editor: 1, admin: 2, owner: 3 };

export interface SessionView extends SessionState {
  // True when the signed-in user has this role or a higher one.
  isAtLeast: (role: Role) => boolean;
}

export function useSession(): SessionView {
  const session = useSelector((state: { session: SessionState }) => state.session);
  return {
    ...session,
    isAtLeast: (role) => session.user !== null && ranks[session.user.role] >= ranks[role],
  };
}
