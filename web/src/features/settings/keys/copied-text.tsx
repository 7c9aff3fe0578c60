// A text for other programs, with a button that copies it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useState } from 'react';
import { announce } from '@/components/announcer';
import { Icon } from '@/theme/icons';

export interface CopiedTextProps {
  label: string;
  text: string;
}

export function CopiedText({ label, text }: CopiedTextProps) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard?.writeText(text);
    setCopied(true);
    announce(`${label} copied`);
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
    </Box>
  );
}
