// Who is signed in. The token itself is in session-token.ts, not in the store.
import { createSlice } from '@reduxjs/toolkit';
import type { PayloadAction } from '@reduxjs/toolkit';
import { useSelector } from 'react-redux';
import type { Me, Role, Tenant, User } from './types';
import { useViewed } from './view-as';
import type { Viewed } from './view-as';

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
    tenantChanged: (state, action: PayloadAction<Tenant>): SessionState => ({
      ...state,
      tenant: action.payload,
    }),
    userChanged: (state, action: PayloadAction<User>): SessionState => ({
      ...state,
      user: action.payload,
    }),
    sessionEnded: (): SessionState => ({ ...initialState, status: 'signed_out' }),
  },
});

export const { sessionStarted, sessionEnded, tenantChanged, userChanged } = sessionSlice.actions;

const ranks: Record<Role, number> = { viewer: 0, editor: 1, admin: 2, owner: 3 };

export interface SessionView extends SessionState {
  // Whose eyes they look through, if not their own.
  viewed: Viewed | null;
  // True when the signed-in user has this role or a higher one. Who views as somebody else changes nothing, and counts
  // as a viewer.
  isAtLeast: (role: Role) => boolean;
}

export function useSession(): SessionView {
  const session = useSelector((state: { session: SessionState }) => state.session);
  const viewed = useViewed();
  return {
    ...session,
    viewed,
    isAtLeast: (role) =>
      session.user !== null && ranks[viewed ? 'viewer' : session.user.role] >= ranks[role],
  };
}
