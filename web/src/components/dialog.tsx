// Every dialog: named by its title, with a region of its own for what is announced, because it hides the page and so the page's.
// The focus goes to its first field, or else to the button that changes nothing, and returns to what opened it, or to the page
// where that is gone. ESLint lets nobody else use MUI's.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MuiDialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import useMediaQuery from '@mui/material/useMediaQuery';
import type { FocusEvent, ReactNode, RefObject } from 'react';
import { useEffect, useId, useRef } from 'react';
import { Announcer } from './announcer';
import { useWayBack } from './way-back';

export interface DialogProps {
  title: string;
  /** Of what, below the title. */
  subtitle?: string;
  open?: boolean;
  /** How wide: of a question, of a form, of a form in columns, of a table; or of a text. */
  size?: 'xs' | 'sm' | 'md' | 'lg' | 'text';
  /** A question: its text is read out with its title. */
  asks?: boolean;
  /** Something is on its way, which cannot be called back by looking away. */
  busy?: boolean;
  /** Nothing but its buttons closes it. */
  stays?: boolean;
  /** What the button is called that closes it and changes nothing. */
  closing?: string;
  /** Makes it a form. */
  onSubmit?: () => void;
  onClose: () => void;
  children: ReactNode;
  /** Why it was not done; in sight wherever the content was scrolled to. */
  problem?: ReactNode;
  /** Further buttons, the one that does it last. */
  actions?: ReactNode;
}

export function Dialog(props: DialogProps) {
  const { title, subtitle, open, size = 'xs', asks = false, busy = false, stays = false } = props;
  const { onSubmit, onClose, closing = onSubmit ? 'Cancel' : 'Close' } = props;
  const textId = useId();
  const phone = useMediaQuery('(max-width: 599px)');
  const content = (
    <>
      <DialogTitle variant="h1" sx={{ pb: 2 }}>
        {title}
        {subtitle && (
          <Box component="span" sx={{ display: 'block', color: 'text.secondary', fontWeight: 400 }}>
            {subtitle}
          </Box>
        )}
      </DialogTitle>
      <DialogContent
        id={textId}
        sx={{
          display: 'grid',
          gap: 4,
          alignContent: 'start',
          gridTemplateColumns: 'minmax(0, 1fr)',
          // The label of a field at the top stands above its outline.
          '&&': { pt: 2 },
          ...(asks ? { color: 'text.secondary' } : {}),
        }}
      >
        {props.children}
      </DialogContent>
      {props.problem && <Box sx={{ px: 6, pt: 3 }}>{props.problem}</Box>}
      <DialogActions disableSpacing sx={{ px: 6, pb: 5, pt: 4, gap: 3, flexWrap: 'wrap' }}>
        <Button data-safe disabled={busy} onClick={onClose}>
          {closing}
        </Button>
        {props.actions}
      </DialogActions>
    </>
  );
  return (
    <DialogFrame
      open={open}
      size={size}
      describedBy={asks ? textId : undefined}
      // A table beside a margin of its own would be a column wide.
      full={phone && (onSubmit !== undefined || size === 'lg')}
      busy={busy}
      keeps={onSubmit !== undefined}
      onClose={stays ? undefined : onClose}
    >
      {onSubmit ? (
        <Box
          component="form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (!busy) onSubmit();
          }}
          sx={{ display: 'flex', flexDirection: 'column', flex: '1 1 auto', minHeight: 0 }}
        >
          {content}
        </Box>
      ) : (
        content
      )}
    </DialogFrame>
  );
}

export interface DialogFrameProps {
  open?: boolean;
  /** What it is called where no title in it says so. */
  label?: string;
  describedBy?: string;
  size?: DialogProps['size'];
  /** Over the whole window. */
  full?: boolean;
  busy?: boolean;
  /** A click beside it does not close it: what was typed would be gone. */
  keeps?: boolean;
  /** Without it nothing but what is in it closes it. */
  onClose?: () => void;
  children: ReactNode;
}

/** A dialog without the parts that most have, for what fills the window. */
export function DialogFrame(props: DialogFrameProps) {
  const { open = true, label, describedBy, size = 'xs', full = false, busy = false } = props;
  const { keeps = false, onClose } = props;
  const paper = useRef<HTMLDivElement>(null);
  const used = useRef<HTMLElement>(null);
  return (
    <MuiDialog
      open={open}
      onClose={(_, reason) => {
        if (!busy && !(keeps && reason === 'backdropClick')) onClose?.();
      }}
      aria-describedby={describedBy}
      maxWidth={size === 'text' ? false : size}
      fullWidth
      fullScreen={full}
      slotProps={{
        paper: {
          ref: paper,
          onFocus: ({ target }: FocusEvent<HTMLElement>) => {
            if (target !== paper.current && isIn(paper, target)) used.current = target;
          },
          // MUI names it by a title also where there is none.
          ...(label === undefined ? {} : { 'aria-label': label, 'aria-labelledby': undefined }),
          ...(size === 'text' ? { sx: { maxWidth: 680 } } : {}),
        },
      }}
    >
      <Announcer />
      <FocusKeeper within={paper} used={used} busy={busy} />
      {props.children}
    </MuiDialog>
  );
}

const isIn = (box: RefObject<HTMLElement | null>, what: Element | null): boolean =>
  box.current !== null && box.current !== what && box.current.contains(what);

const aField = ':is(input, textarea, [role="combobox"]):not(:disabled, [tabindex="-1"])';

interface FocusKeeperProps {
  within: RefObject<HTMLElement | null>;
  /** What had the focus last. */
  used: RefObject<HTMLElement | null>;
  busy: boolean;
}

/** Inside of MUI's trap, which gives the focus back when it is closed; its effects run before those of the trap. */
function FocusKeeper({ within, used, busy }: FocusKeeperProps) {
  useWayBack();
  useEffect(() => {
    // Not by `autoFocus`: a menu that opens a dialog gives the focus back to its button after that, and before this.
    if (isIn(within, document.activeElement)) return;
    const box = within.current;
    const first =
      box?.querySelector<HTMLElement>(aField) ?? box?.querySelector<HTMLElement>('[data-safe]');
    first?.focus();
  }, [within]);
  useEffect(() => {
    if (!busy) return undefined;
    // It is disabled meanwhile, and loses the focus by that.
    const pressed = used.current;
    return () => {
      if (!isIn(within, document.activeElement)) pressed?.focus();
    };
  }, [within, used, busy]);
  return null;
}
