// From a file to a dataset in one page: file, columns and types, load, result. Nothing is stored
// before the viewer has confirmed the columns. The upload that waits for that and then the load stand in
// the address, so that who leaves or loads the page anew comes back to them and can still stop the load.
import Box from '@mui/material/Box';
import { useEffect, useReducer, useRef } from 'react';
import { useSearchParams } from 'react-router';
import { useStartLoadMutation } from '@/api/loads-api';
import { toProblem } from '@/api/problem';
import { sendFile } from '@/api/send-file';
import { announce } from '@/components/announcer';
import { LeaveDialog } from '@/components/leave-dialog';
import { FileStep } from './file-step';
import { LoadStep } from './load-step';
import { OpenStep } from './open-step';
import { ResultStep } from './result-step';
import { ReviewStep } from './review-step';
import { SendStep } from './send-step';
import { StepList } from './step-list';
import { begin, loadRequest, named, reduce } from './wizard-state';
import type { Target, WizardState } from './wizard-state';

const spoken: Record<WizardState['step'], string> = {
  file: 'Step 1 of 4: choose a file',
  sending: 'Sending the file',
  opening: 'Opening the file',
  review: 'Step 2 of 4: check columns and types',
  loading: 'Step 3 of 4: loading',
  result: 'Step 4 of 4: result',
};

// `into`: where the rows of a file go at first; null: to a new dataset.
export function UploadWizard({ into = null }: { into?: Target | null }) {
  const [params, setParams] = useSearchParams();
  const [state, dispatch] = useReducer(reduce, params, begin);
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

  // After a step and not with it: a file that is on its way would still ask before its address is left.
  const { upload, load } = named(state);
  useEffect(() => {
    if (params.get('upload') === upload && params.get('load') === load) return;
    const next = new URLSearchParams(params);
    for (const [name, id] of Object.entries({ upload, load })) {
      if (id === null) next.delete(name);
      else next.set(name, id);
    }
    setParams(next, { replace: true });
  }, [upload, load, params, setParams]);

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

  const restart = (): void => dispatch({ type: 'restarted' });

  return (
    <Box
      sx={{
        display: 'grid',
        gridTemplateColumns: { xs: '1fr', md: '180px minmax(0, 1fr)' },
        gap: { xs: 4, md: 8 },
      }}
    >
      <StepList step={state.step} undone={state.step === 'result' && state.load.state !== 'done'} />
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
        {state.step === 'opening' && (
          <OpenStep
            uploadId={state.uploadId}
            onOpened={(opened) => dispatch({ type: 'sent', upload: opened, into })}
            onProblem={(problem) => dispatch({ type: 'sendFailed', problem })}
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
            onRestart={restart}
          />
        )}
        {state.step === 'loading' && (
          <LoadStep
            loadId={state.loadId}
            dataset={state.reviewed?.choices.dataset}
            onEnd={(ended) => dispatch({ type: 'loadEnded', load: ended })}
            onRestart={restart}
          />
        )}
        {state.step === 'result' && (
          <ResultStep
            load={state.load}
            label={state.reviewed?.choices.label || state.load.dataset}
            onReview={state.reviewed && (() => dispatch({ type: 'reviewReopened' }))}
            onRestart={restart}
          />
        )}
      </Box>
      <LeaveDialog changed={state.step === 'sending'} title="Stop sending the file?">
        It is still on its way to the server, and would have to be sent again.
      </LeaveDialog>
    </Box>
  );
}
