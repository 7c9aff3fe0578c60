// Title, place and actions of a page; also sets the document's title.
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Icon } from '@/theme/icons';

export interface PageHeaderProps {
  title: string;
  parent?: { label: string; to: string };
  // One quiet line under the title.
  summary?: ReactNode;
  actions?: ReactNode;
}

export function PageHeader({ title, parent, summary, actions }: PageHeaderProps) {
  return (
    <Box
      component="header"
      sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'flex-start', gap: 3, mb: 5 }}
    >
      <title>{`${title} \u00b7 Tidemill`}</title>
      <Box sx={{ flex: 1, minWidth: { xs: '100%', sm: 240 } }}>
        {parent && (
          <Typography
            component="nav"
            data-paper="none"
            variant="body2"
            aria-label="Breadcrumb"
            sx={{ mb: 0.5 }}
          >
            <Box
              component={Link}
              to={parent.to}
              sx={{
                display: 'inline-flex',
                alignItems: 'center',
                gap: 0.5,
                ml: -0.5,
                color: 'text.secondary',
                textDecoration: 'none',
                '&:hover': { textDecoration: 'underline' },
              }}
            >
              <Icon name="back" size={14} />
              {parent.label}
            </Box>
          </Typography>
        )}
        <Typography
          component="h1"
          sx={{ fontSize: '1.25rem', fontWeight: 600, lineHeight: 1.3, overflowWrap: 'anywhere' }}
        >
          {title}
        </Typography>
        {summary && (
          <Typography component="div" color="textSecondary" sx={{ mt: 0.5 }}>
            {summary}
          </Typography>
        )}
      </Box>
      {actions && (
        <Box
          data-paper="none"
          sx={{ display: 'flex', flexWrap: 'wrap', gap: 2, alignItems: 'center' }}
        >
          {actions}
        </Box>
      )}
    </Box>
  );
}

// The usual frame of a page: width, padding, nothing else.
export function PageFrame({
  children,
  width = 1200,
}: {
  children: ReactNode;
  width?: number | 'full';
}) {
  return (
    <Box
      sx={{
        maxWidth: width === 'full' ? 'none' : width,
        mx: 'auto',
        px: { xs: 4, sm: 6 },
        py: { xs: 4, sm: 6 },
      }}
    >
      {children}
    </Box>
  );
}
