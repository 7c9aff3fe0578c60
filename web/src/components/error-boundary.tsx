// Catches what breaks while drawing, so that one part never takes the page with it. A chunk that is
// gone because a new version was installed reloads the page, once.
import Box from '@mui/material/Box';
import type { ErrorInfo, ReactNode } from 'react';
import { Component } from 'react';
import { problemOf } from '@/api/problem';
import { ErrorState } from './states';

interface Props {
  children: ReactNode;
  fullPage?: boolean;
  dense?: boolean;
  // A change of this value (a path, an id) clears the failure.
  resetKey?: string;
  // What stands above the complaint: a way out, where there is no other.
  above?: ReactNode;
}

interface State {
  error: Error | null;
  resetKey?: string;
}

const reloadedAtKey = 'tidemill-reloaded-at';

function isMissingChunk(error: Error): boolean {
  return /dynamically imported module|importing a module script|preload CSS/i.test(error.message);
}

// Reloads for a missing chunk, but not twice within a minute.
function reloadOnce(): boolean {
  try {
    const before = Number(sessionStorage.getItem(reloadedAtKey) ?? 0);
    if (Date.now() - before < 60_000) return false;
    sessionStorage.setItem(reloadedAtKey, String(Date.now()));
  } catch {
    return false;
  }
  window.location.reload();
  return true;
}

export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  static getDerivedStateFromProps(props: Props, state: State): State | null {
    if (props.resetKey === state.resetKey) return null;
    return { error: null, resetKey: props.resetKey };
  }

  override componentDidCatch(error: Error, _info: ErrorInfo) {
    if (isMissingChunk(error)) reloadOnce();
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    const problem = isMissingChunk(error)
      ? problemOf(
          'network',
          'A part of the app could not be loaded. Reload the page to get the current version.',
        )
      : {
          ...problemOf('internal', `${error.name}: ${error.message}`),
          title: 'This part of the page stopped working',
        };
    const retry = () =>
      isMissingChunk(error) ? window.location.reload() : this.setState({ error: null });
    const view = (
      <ErrorState
        problem={problem}
        onRetry={retry}
        dense={this.props.dense}
        fullPage={this.props.fullPage}
      />
    );
    return this.props.fullPage || this.props.dense ? (
      view
    ) : (
      <Box sx={{ p: 6 }}>
        {this.props.above}
        {view}
      </Box>
    );
  }
}
