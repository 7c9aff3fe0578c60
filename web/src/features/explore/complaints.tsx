// What could not be read of an address: said once, and the rest of the page works.
import Box from '@mui/material/Box';
import { Icon } from '@/theme/icons';

export interface ComplaintsProps {
  complaints: readonly string[];
}

export default function Complaints({ complaints }: ComplaintsProps) {
  return (
    <Box
      role="alert"
      sx={{
        display: 'flex',
        gap: 3,
        p: 3,
        mb: 3,
        border: 1,
        borderColor: 'warning.main',
        borderRadius: 1,
        bgcolor: 'background.paper',
      }}
    >
      <Box sx={{ color: 'warning.main', pt: '1px' }}>
        <Icon name="warning" />
      </Box>
      <Box sx={{ minWidth: 0 }}>
        <Box sx={{ fontWeight: 600 }}>Parts of this link could not be used and were left out</Box>
        <Box component="ul" sx={{ m: 0, pl: 4, color: 'text.secondary' }}>
          {[...new Set(complaints)].map((complaint) => (
            <Box component="li" key={complaint} sx={{ overflowWrap: 'anywhere' }}>
              {complaint}
            </Box>
          ))}
        </Box>
      </Box>
    </Box>
  );
}
