// The queue of short messages at the edge of the screen. A toast may carry one action, which is how
// undo is offered; what the action does is kept outside the store, by id.
import { createSlice, nanoid } from '@reduxjs/toolkit';
import type { PayloadAction } from '@reduxjs/toolkit';
import { useMemo } from 'react';
import { useDispatch } from 'react-redux';

export type ToastTone = 'info' | 'success' | 'error';

export interface Toast {
  id: string;
  tone: ToastTone;
  message: string;
  actionLabel: string | null;
  // Null stays until it is closed.
  durationMs: number | null;
}

export interface ToastRequest {
  message: string;
  tone?: ToastTone;
  action?: { label: string; run: () => void };
  // Called when the toast leaves without its action having been used.
  onGone?: () => void;
  durationMs?: number | null;
}

const shownAtOnce = 3;

export const toastSlice = createSlice({
  name: 'toasts',
  initialState: [] as Toast[],
  reducers: {
    toastShown: (state, action: PayloadAction<Toast>) => {
      state.push(action.payload);
    },
    toastClosed: (state, action: PayloadAction<string>) =>
      state.filter((toast) => toast.id !== action.payload),
  },
});

export const { toastShown, toastClosed } = toastSlice.actions;

const effects = new Map<string, Pick<ToastRequest, 'action' | 'onGone'>>();

export function takeToastEffect(id: string): Pick<ToastRequest, 'action' | 'onGone'> | undefined {
  const effect = effects.get(id);
  effects.delete(id);
  return effect;
}

export function visibleToasts(toasts: Toast[]): Toast[] {
  return toasts.slice(0, shownAtOnce);
}

export interface Toaster {
  show: (request: ToastRequest) => string;
  close: (id: string) => void;
}

export function useToasts(): Toaster {
  const dispatch = useDispatch();
  return useMemo(
    () => ({
      show: ({ message, tone = 'info', action, onGone, durationMs }) => {
        const id = nanoid(8);
        if (action || onGone) effects.set(id, { action, onGone });
        const lasting = tone === 'error' ? 12_000 : action ? 8_000 : 5_000;
        dispatch(
          toastShown({
            id,
            tone,
            message,
            actionLabel: action?.label ?? null,
            durationMs: durationMs === undefined ? lasting : durationMs,
          }),
        );
        return id;
      },
      close: (id) => dispatch(toastClosed(id)),
    }),
    [dispatch],
  );
}
