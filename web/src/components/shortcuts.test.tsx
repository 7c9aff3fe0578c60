// Shortcuts: which keys run what, when they keep still, and the dialog that lists them.
import { fireEvent, screen, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { renderApp } from '@/testing/render-app';
import { useShortcuts } from './shortcuts';
import type { Shortcut } from './shortcuts';
import ShortcutsDialog from './shortcuts-dialog';

const shortcut = (keys: string, label: string, group = 'Anywhere'): Shortcut => ({
  keys,
  label,
  group,
  run: vi.fn(),
});

function Registered({ list }: { list: Shortcut[] }) {
  useShortcuts(list);
  return null;
}

const press = (key: string, more: object = {}) =>
  fireEvent.keyDown(document.body, { key, ...more });

describe('shortcuts', () => {
  it('run on one key, on two in a row and with the control key', () => {
    const list = [shortcut('e', 'Edit'), shortcut('g d', 'Datasets'), shortcut('mod+z', 'Undo')];
    const [edit, datasets, undo] = list.map((entry) => entry.run);
    renderApp(<Registered list={list} />);
    press('d');
    expect(datasets).not.toHaveBeenCalled();
    press('g');
    press('d');
    expect(datasets).toHaveBeenCalledOnce();
    press('e');
    expect(edit).toHaveBeenCalledOnce();
    press('z');
    expect(undo).not.toHaveBeenCalled();
    press('z', { ctrlKey: true });
    expect(undo).toHaveBeenCalledOnce();
  });

  it('keep still while somebody types or a dialog is open', () => {
    const edit = shortcut('e', 'Edit');
    renderApp(
      <>
        <Registered list={[edit]} />
        <input aria-label="Name" />
        <div role="dialog">
          <button>OK</button>
        </div>
      </>,
    );
    fireEvent.keyDown(screen.getByLabelText('Name'), { key: 'e' });
    fireEvent.keyDown(screen.getByRole('button', { name: 'OK' }), { key: 'e' });
    expect(edit.run).not.toHaveBeenCalled();
  });

  it('that say so run while somebody types, and never in a dialog', () => {
    const find: Shortcut = { ...shortcut('mod+k', 'Find'), whileTyping: true };
    renderApp(
      <>
        <Registered list={[find]} />
        <input aria-label="Name" />
        <div role="dialog">
          <input aria-label="In the dialog" />
        </div>
      </>,
    );
    fireEvent.keyDown(screen.getByLabelText('In the dialog'), { key: 'k', ctrlKey: true });
    fireEvent.keyDown(screen.getByLabelText('Name'), { key: 'k' });
    expect(find.run).not.toHaveBeenCalled();
    fireEvent.keyDown(screen.getByLabelText('Name'), { key: 'k', ctrlKey: true });
    expect(find.run).toHaveBeenCalledOnce();
  });

  it('leave Ctrl to the text fields of a Mac, which edit by it', () => {
    vi.spyOn(navigator, 'userAgent', 'get').mockReturnValue('Mozilla/5.0 (Macintosh)');
    const find: Shortcut = { ...shortcut('mod+k', 'Find'), whileTyping: true };
    renderApp(
      <>
        <Registered list={[find]} />
        <input aria-label="Name" />
      </>,
    );
    expect(fireEvent.keyDown(screen.getByLabelText('Name'), { key: 'k', ctrlKey: true })).toBe(
      true,
    );
    expect(find.run).not.toHaveBeenCalled();
    fireEvent.keyDown(screen.getByLabelText('Name'), { key: 'k', metaKey: true });
    expect(find.run).toHaveBeenCalledOnce();
  });

  it('of a page go before those of the shell, and go with the page', () => {
    const shell = shortcut('r', 'Reload');
    const page = shortcut('r', 'Refresh');
    const shellList = [shell];
    const pageList = [page];
    const { unmount } = renderApp(<Registered list={shellList} />);
    const opened = renderApp(<Registered list={pageList} />);
    press('r');
    opened.unmount();
    press('r');
    expect(page.run).toHaveBeenCalledOnce();
    expect(shell.run).toHaveBeenCalledOnce();
    unmount();
    press('r');
    expect(shell.run).toHaveBeenCalledOnce();
  });
});

describe('the list of shortcuts', () => {
  it('has a group for each page, and every key of it', async () => {
    const list = [
      shortcut('g d', 'Go to datasets'),
      shortcut('mod+z', 'Undo', 'Dashboard'),
      shortcut('e', 'Edit', 'Dashboard'),
    ];
    renderApp(
      <>
        <Registered list={list} />
        <ShortcutsDialog open onClose={() => undefined} />
      </>,
    );
    const dialog = await screen.findByRole('dialog', { name: 'Keyboard shortcuts' });
    const groups = within(dialog).getAllByRole('heading', { level: 2 });
    expect(groups.map((group) => group.textContent)).toEqual([
      'Keyboard shortcuts',
      'Anywhere',
      'Dashboard',
    ]);
    const keysOf = (label: string) =>
      within(within(dialog).getByText(label).parentElement!)
        .getByRole('definition')
        .querySelectorAll('kbd');
    expect([...keysOf('Go to datasets')].map((key) => key.textContent)).toEqual(['g', 'd']);
    expect([...keysOf('Edit')].map((key) => key.textContent)).toEqual(['e']);
    expect(keysOf('Undo').length).toBeGreaterThan(0);
  });

  it('closes by its button and by Escape', async () => {
    const onClose = vi.fn();
    const { user } = renderApp(<ShortcutsDialog open onClose={onClose} />);
    await user.click(await screen.findByRole('button', { name: 'Close' }));
    await user.keyboard('{Escape}');
    expect(onClose).toHaveBeenCalledTimes(2);
  });
});
