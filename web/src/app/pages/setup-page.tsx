// First start of a server: the owner and the organisation.
import { SetupForm } from '@/features/auth/setup-form';
import { GuestFrame } from '@/features/auth/guest-frame';

export default function SetupPage() {
  return (
    <GuestFrame
      title="Set up Tidemill"
      lead="Create the organisation and the account that owns it."
    >
      <SetupForm />
    </GuestFrame>
  );
}
