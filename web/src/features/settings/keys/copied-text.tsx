// A text for other programs, with a button that copies it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useState } from 'react';
import { announce } from '@/components/announcer';
import { copyText } from '@/lib/copy-text';
import { Icon } from '@/theme/icons';

export interface CopiedTextProps {
  label: string;
  text: string;
}

// A secret that is shown once is lost with whoever believes that it was copied.
const notCopied = 'This page cannot copy: select the text and copy it yourself.';

export function CopiedText({ label, text }: CopiedTextProps) {
  const [copied, setCopied] = useState(false);
  const [failed, setFailed] = useState(false);
  const copy = async (): Promise<void> => {
    const done = await copyText(text);
    setCopied(done);
    announce(done ? `${label} copied` : notCopied);
    setFailed(!done);
  };
  return (
    <Box>
      <Box sx={{ display: 'flex', alignItems: 'center', justifyContent: 'space-between', mb: 1 }}>
        <Box component="h2" sx={{ typography: 'h3', m: 0 }}>
          {label}
        </Box>
        <Button
          size="small"
          aria-label={`Copy: ${label}`}
          onClick={() => void copy()}
          startIcon={<Icon name={copied ? 'check' : 'copy'} size={16} />}
        >
          {copied ? 'Copied' : 'Copy'}
        </Button>
      </Box>
      <Box
        component="pre"
        tabIndex={0}
        aria-label={label}
        sx={{
          m: 0,
          p: 3,
          border: 1,
          borderColor: 'divider',
          borderRadius: 1,
          bgcolor: 'action.hover',
          fontFamily: 'monospace',
          fontSize: '0.8125rem',
          whiteSpace: 'pre-wrap',
          overflowWrap: 'anywhere',
        }}
      >
        {text}
      </Box>
      {failed && <Box sx={{ mt: 1, fontSize: '0.75rem', color: 'warning.main' }}>{notCopied}</Box>}
    </Box>
  );
}
