// Signing in.
import { GuestFrame } from '@/features/auth/guest-frame';
import { SignInForm } from '@/features/auth/sign-in-form';

export default function SignInPage() {
  return (
    <GuestFrame title="Sign in">
      <SignInForm />
    </GuestFrame>
  );
}
