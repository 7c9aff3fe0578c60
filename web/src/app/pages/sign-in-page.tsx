// Signing in. While the form is filled in, the page behind it is fetched.
import { useEffect } from 'react';
import { useSearchParams } from 'react-router';
import { GuestFrame } from '@/features/auth/guest-frame';
import { SignInForm } from '@/features/auth/sign-in-form';
import { preloadDashboardWhenIdle, preloadPage } from '../page-chunks';

export default function SignInPage() {
  const [params] = useSearchParams();
  const next = params.get('next') ?? '/';
  useEffect(() => {
    preloadPage(next);
    return preloadDashboardWhenIdle();
  }, [next]);
  return (
    <GuestFrame title="Sign in">
      <SignInForm />
    </GuestFrame>
  );
}
