// Draws the toast queue: at most three at once, the timer waits while pointer or focus is on a toast. What is said while a dialog
// hides the page, and so the region of these, is said in the dialog's own.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import { useEffect, useRef, useState } from 'react';
import { useDispatch, useSelector } from 'react-redux';
import { Icon } from '@/theme/icons';
import type { IconName } from '@/theme/icons';
import { announce } from './announcer';
import { takeToastEffect, toastClosed, visibleToasts } from './toast-slice';
import type { Toast, ToastTone } from './toast-slice';

const icons: Record<ToastTone, IconName> = { info: 'info', success: 'check', error: 'error' };
const colours: Record<ToastTone, string> = {
  info: 'primary.main',
  success: 'success.main',
  error: 'error.main',
};

function ToastCard({ toast }: { toast: Toast }) {
  const dispatch = useDispatch();
  const [held, setHeld] = useState(false);
  const card = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (card.current?.closest('[aria-hidden="true"]')) announce(toast.message);
  }, [toast.message]);

  useEffect(() => {
    if (held || toast.durationMs === null) return;
    const timer = setTimeout(() => {
      takeToastEffect(toast.id)?.onGone?.();
      dispatch(toastClosed(toast.id));
    }, toast.durationMs);
    return () => clearTimeout(timer);
  }, [dispatch, held, toast]);

  const leave = (useAction: boolean) => {
    const effect = takeToastEffect(toast.id);
    if (useAction) effect?.action?.run();
    else effect?.onGone?.();
    dispatch(toastClosed(toast.id));
  };

  return (
    <Box
      ref={card}
      data-testid="toast"
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      sx={{
        display: 'flex',
        alignItems: 'center',
        gap: 2.5,
        pl: 3.5,
        pr: 1.5,
        py: 1.5,
        maxWidth: 440,
        border: 1,
        borderColor: 'divider',
        borderRadius: 1,
        bgcolor: 'background.paper',
        boxShadow: '0 6px 20px rgb(0 0 0 / 0.16)',
        pointerEvents: 'auto',
      }}
    >
      <Box sx={{ color: colours[toast.tone], display: 'flex' }}>
        <Icon name={icons[toast.tone]} />
      </Box>
      <Box
        role={toast.tone === 'error' ? 'alert' : undefined}
        sx={{ flex: 1, py: 1, overflowWrap: 'anywhere' }}
      >
        {toast.message}
      </Box>
      {toast.actionLabel && (
        <Button size="small" variant="text" color="primary" onClick={() => leave(true)}>
          {toast.actionLabel}
        </Button>
      )}
      <IconButton size="small" aria-label="Close message" onClick={() => leave(false)}>
        <Icon name="close" size={16} />
      </IconButton>
    </Box>
  );
}

export function Toasts() {
  const toasts = useSelector((state: { toasts: Toast[] }) => state.toasts);
  return (
    <Box
      component="section"
      aria-label="Messages"
      data-paper="none"
      aria-live="polite"
      sx={{
        position: 'fixed',
        zIndex: 'snackbar',
        right: 16,
        left: { xs: 16, sm: 'auto' },
        bottom: { xs: 'calc(76px + env(safe-area-inset-bottom))', sm: 16 },
        display: 'flex',
        flexDirection: 'column',
        alignItems: { xs: 'stretch', sm: 'flex-end' },
        gap: 2,
        pointerEvents: 'none',
      }}
    >
      {visibleToasts(toasts).map((toast) => (
        <ToastCard key={toast.id} toast={toast} />
      ))}
    </Box>
  );
}
