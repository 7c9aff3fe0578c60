// From a file to a dataset in one page: file, columns and types, load, result. Nothing is stored
// before the viewer has confirmed the columns.
import Box from '@mui/material/Box';
import { useEffect, useReducer, useRef } from 'react';
import { useStartLoadMutation } from '@/api/loads-api';
import { toProblem } from '@/api/problem';
import { sendFile } from '@/api/send-file';
import { announce } from '@/components/announcer';
import { FileStep } from './file-step';
import { LoadStep } from './load-step';
import { ResultStep } from './result-step';
import { ReviewStep } from './review-step';
import { SendStep } from './send-step';
import { StepList } from './step-list';
import { loadRequest, reduce, start } from './wizard-state';
import type { Target, WizardState } from './wizard-state';

const spoken: Record<WizardState['step'], string> = {
  file: 'Step 1 of 4: choose a file',
  sending: 'Sending the file',
  review: 'Step 2 of 4: check columns and types',
  loading: 'Step 3 of 4: loading',
  result: 'Step 4 of 4: result',
};

// `into`: where the rows of a file go at first; null: to a new dataset.
export function UploadWizard({ into = null }: { into?: Target | null }) {
  const [state, dispatch] = useReducer(reduce, start);
  const [startLoad, starting] = useStartLoadMutation();
  const sending = useRef<AbortController | null>(null);
  const panel = useRef<HTMLDivElement>(null);
  const shown = useRef(state.step);

  useEffect(() => () => sending.current?.abort(), []);

  // A new step takes the focus, so that the keyboard is not left on a button that is gone.
  useEffect(() => {
    if (shown.current === state.step) return;
    shown.current = state.step;
    panel.current?.focus({ preventScroll: true });
    announce(spoken[state.step]);
  }, [state.step]);

  // Leaving the page would end what is on its way to the server.
  const leaving = state.step === 'sending';
  useEffect(() => {
    if (!leaving) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [leaving]);

  const send = async (file: File) => {
    const controller = new AbortController();
    sending.current = controller;
    dispatch({ type: 'filePicked', file });
    const sent = await sendFile(
      file,
      (progress) => dispatch({ type: 'progressed', progress }),
      controller.signal,
    );
    if ('upload' in sent) dispatch({ type: 'sent', upload: sent.upload, into });
    else dispatch({ type: 'sendFailed', problem: sent.problem });
  };

  const confirm = async () => {
    if (state.step !== 'review') return;
    const result = await startLoad(loadRequest(state.upload, state.choices));
    if (result.error) dispatch({ type: 'loadRefused', problem: toProblem(result.error) });
    else dispatch({ type: 'loadStarted', load: result.data });
  };

  return (
    <Box
      sx={{
        display: 'grid',
        gridTemplateColumns: { xs: '1fr', md: '180px minmax(0, 1fr)' },
        gap: { xs: 4, md: 8 },
      }}
    >
      <StepList step={state.step} />
      <Box
        ref={panel}
        tabIndex={-1}
        sx={{ minWidth: 0, '&:focus, &:focus-visible': { outline: 'none' } }}
        aria-label={spoken[state.step]}
        role="group"
      >
        {state.step === 'file' && (
          <FileStep problem={state.problem} onPick={(file) => void send(file)} />
        )}
        {state.step === 'sending' && (
          <SendStep
            file={state.file}
            progress={state.progress}
            onCancel={() => sending.current?.abort()}
          />
        )}
        {state.step === 'review' && (
          <ReviewStep
            upload={state.upload}
            choices={state.choices}
            problem={state.problem}
            busy={starting.isLoading}
            onChange={(change) => dispatch({ type: 'choicesChanged', change })}
            onReread={(upload, options) => dispatch({ type: 'reread', upload, options })}
            onConfirm={() => void confirm()}
            onRestart={() => dispatch({ type: 'restarted' })}
          />
        )}
        {state.step === 'loading' && (
          <LoadStep
            loadId={state.loadId}
            dataset={state.choices.dataset}
            onEnd={(load) => dispatch({ type: 'loadEnded', load })}
          />
        )}
        {state.step === 'result' && (
          <ResultStep
            load={state.load}
            label={state.choices.label || state.choices.dataset}
            onReview={() => dispatch({ type: 'reviewReopened' })}
            onRestart={() => dispatch({ type: 'restarted' })}
          />
        )}
      </Box>
    </Box>
  );
}
