// One's own password: a card that leads to the dialog in which it is changed.
import Button from '@mui/material/Button';
import { lazy, Suspense, useState } from 'react';
import { useSession } from '@/api/session-slice';
import { DialogPending } from '@/components/dialog-pending';
import { SectionCard } from '@/components/section-card';

const PasswordDialog = lazy(() => import('./password-dialog'));

export function PasswordSettings() {
  const { user, viewed } = useSession();
  const [changing, setChanging] = useState(false);
  return (
    <SectionCard
      title="Password"
      lead="A new one ends your sessions everywhere else; you stay signed in here."
    >
      {/* Who views as somebody changes nothing. */}
      <Button aria-haspopup="dialog" disabled={viewed !== null} onClick={() => setChanging(true)}>
        Change password
      </Button>
      {changing && (
        <Suspense fallback={<DialogPending />}>
          <PasswordDialog email={user?.email ?? ''} onClose={() => setChanging(false)} />
        </Suspense>
      )}
    </SectionCard>
  );
}
