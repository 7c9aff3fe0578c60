// What all dialogs have in common: names, where the focus goes and returns to, what closes them, and that they are heard.
import Button from '@mui/material/Button';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { act, screen, waitFor, within } from '@testing-library/react';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { gate } from '@/testing/gate';
import { renderApp } from '@/testing/render-app';
import { announce } from './announcer';
import { Dialog, DialogFrame } from './dialog';
import type { DialogProps } from './dialog';

type Given = Partial<DialogProps>;
const field = <TextField label="Name" />;
const save = (
  <Button type="submit" variant="contained">
    Save
  </Button>
);

function Opened({ given }: { given: Given }) {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <button onClick={() => setOpen(true)}>Open</button>
      {open && (
        <Dialog title="Title" {...given} onClose={close}>
          {given.children ?? 'Words'}
        </Dialog>
      )}
    </>
  );
}

async function open(given: Given = {}) {
  const { user } = renderApp(<Opened given={given} />);
  await user.click(screen.getByRole('button', { name: 'Open' }));
  return { user, dialog: await screen.findByRole('dialog') };
}
const gone = () => waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
const button = (name: string) => screen.getByRole('button', { name });

describe('a dialog', () => {
  it('is named by its title and starts at its first field', async () => {
    const { user, dialog } = await open({
      subtitle: 'of Carrier',
      children: field,
      actions: save,
      onSubmit: () => undefined,
    });
    expect(dialog).toHaveAccessibleName('Title of Carrier');
    expect(dialog).not.toHaveAccessibleDescription();
    expect(screen.getByRole('textbox', { name: 'Name' })).toHaveFocus();
    await user.keyboard('{Escape}');
    await gone();
    expect(button('Open')).toHaveFocus();
  });

  it('starts at what changes nothing where it has no field, and reads out what it asks', async () => {
    const { user, dialog } = await open({
      asks: true,
      closing: 'Keep',
      children: 'All rows will be gone.',
      actions: <Button>Delete</Button>,
    });
    expect(dialog).toHaveAccessibleDescription('All rows will be gone.');
    expect(button('Keep')).toHaveFocus();
    await user.keyboard('{Enter}');
    await gone();
    expect(button('Open')).toHaveFocus();
  });

  it('is heard', async () => {
    const { dialog } = await open();
    announce('Copied');
    await waitFor(() => expect(within(dialog).getByRole('status')).toHaveTextContent('Copied'));
  });

  it('that stays is closed by its buttons only', async () => {
    const { user } = await open({ stays: true });
    await user.keyboard('{Escape}');
    expect(screen.getByRole('dialog')).toBeVisible();
    await user.click(button('Close'));
    await gone();
  });

  it.each([
    ['a form stays, with what was typed', { onSubmit: () => undefined, actions: save }],
    ['anything else goes', {}],
  ])('beside which somebody clicks: %s', async (_, given: Given) => {
    const { user, dialog } = await open({ ...given, children: field });
    await user.type(screen.getByRole('textbox', { name: 'Name' }), 'Orders');
    // MUI's container, in which the dialog stands.
    await user.click(dialog.parentElement as HTMLElement);
    if (!given.onSubmit) return gone();
    expect(screen.getByRole('textbox', { name: 'Name' })).toHaveValue('Orders');
    await user.keyboard('{Escape}');
    return gone();
  });

  it.each([
    [true, save, 'xs' as const, true],
    [true, undefined, 'xs' as const, false],
    [false, save, 'xs' as const, false],
    [true, undefined, 'lg' as const, true],
    [false, undefined, 'lg' as const, false],
  ])('fills a phone where it is a form or a table (%#)', async (phone, actions, size, full) => {
    const plain = window.matchMedia;
    vi.spyOn(window, 'matchMedia').mockImplementation((query) => ({
      ...plain(query),
      matches: phone && query.includes('max-width: 599px'),
    }));
    const { dialog } = await open({
      size,
      ...(actions ? { actions, onSubmit: () => undefined } : {}),
    });
    if (full) expect(dialog).toHaveClass('MuiDialog-paperFullScreen');
    else expect(dialog).not.toHaveClass('MuiDialog-paperFullScreen');
  });

  it('without a title has a name, too', async () => {
    renderApp(
      <DialogFrame label="Delays" full>
        <button>Close</button>
      </DialogFrame>,
    );
    expect(await screen.findByRole('dialog', { name: 'Delays' })).toBeVisible();
  });
});

describe('what is on its way', () => {
  const refusal = 'The name is taken';

  function Saving({ until, onSaved }: { until: Promise<void>; onSaved?: () => void }) {
    const [busy, setBusy] = useState(false);
    const [problem, setProblem] = useState<string | null>(null);
    const [open, setOpen] = useState(true);
    const submit = async () => {
      onSaved?.();
      setBusy(true);
      await until;
      setBusy(false);
      setProblem(refusal);
    };
    return open ? (
      <Dialog
        title="Save"
        busy={busy}
        problem={problem && <div role="alert">{problem}</div>}
        onSubmit={() => void submit()}
        onClose={() => setOpen(false)}
        actions={
          <Button type="submit" loading={busy}>
            Save
          </Button>
        }
      >
        {field}
      </Dialog>
    ) : null;
  }
  // As browsers do with what is disabled.
  const loseFocus = () => act(() => (document.activeElement as HTMLElement).blur());

  it('is neither left nor sent again', async () => {
    const [until, finish] = gate();
    const onSaved = vi.fn();
    const { user } = renderApp(<Saving until={until} onSaved={onSaved} />);
    const name = await screen.findByRole('textbox', { name: 'Name' });
    await user.type(name, 'x{Enter}{Enter}');
    expect(button('Cancel')).toBeDisabled();
    await user.keyboard('{Escape}');
    expect(screen.getByRole('dialog')).toBeVisible();
    finish();
    expect(await screen.findByRole('alert')).toHaveTextContent(refusal);
    expect(name).toHaveFocus();
    expect(onSaved).toHaveBeenCalledTimes(1);
    await user.click(button('Cancel'));
    await gone();
  });

  it('gives the focus back to what was pressed', async () => {
    const [until, finish] = gate();
    const { user } = renderApp(<Saving until={until} />);
    await screen.findByRole('textbox', { name: 'Name' });
    await user.click(button('Save'));
    loseFocus();
    finish();
    await screen.findByRole('alert');
    expect(button('Save')).toHaveFocus();
  });
});

describe('the way back', () => {
  function FromMenu({ children }: { children: ReactNode }) {
    const [anchor, setAnchor] = useState<HTMLElement | null>(null);
    const [open, setOpen] = useState(false);
    return (
      <>
        <button onClick={(event) => setAnchor(event.currentTarget)}>Menu</button>
        <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)}>
          <MenuItem
            onClick={() => {
              setAnchor(null);
              setOpen(true);
            }}
          >
            Move
          </MenuItem>
        </Menu>
        {open && (
          <Dialog title="Move" onClose={() => setOpen(false)}>
            {children}
          </Dialog>
        )}
      </>
    );
  }

  it('leads to the button of a menu', async () => {
    const { user } = renderApp(<FromMenu>{field}</FromMenu>);
    await user.click(button('Menu'));
    await user.click(await screen.findByRole('menuitem', { name: 'Move' }));
    await waitFor(() => expect(screen.getByRole('textbox', { name: 'Name' })).toHaveFocus());
    await user.keyboard('{Escape}');
    await gone();
    expect(button('Menu')).toHaveFocus();
  });

  it('leads to the page where what opened it is gone', async () => {
    function Row() {
      const [asked, setAsked] = useState(false);
      const [there, setThere] = useState(true);
      return (
        <main id="main" tabIndex={-1}>
          {there && <button onClick={() => setAsked(true)}>Delete row</button>}
          {asked && (
            <Dialog
              title="Delete?"
              onClose={() => setAsked(false)}
              actions={
                <Button
                  onClick={() => {
                    setThere(false);
                    setAsked(false);
                  }}
                >
                  Delete
                </Button>
              }
            >
              Gone for good.
            </Dialog>
          )}
        </main>
      );
    }
    const { user } = renderApp(<Row />);
    await user.click(button('Delete row'));
    await user.click(await screen.findByRole('button', { name: 'Delete' }));
    await gone();
    expect(screen.getByRole('main')).toHaveFocus();
  });
});
