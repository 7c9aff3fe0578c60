// What the forms accept; the same limits as the server's, which checks again.
import * as z from 'zod/mini';
import { newPassword } from '@/lib/new-password';

const email = z
  .string()
  .check(
    z.trim(),
    z.minLength(1, 'Enter your email'),
    z.regex(/^[^\s@]+@[^\s@]+$/, 'This is not an email address'),
  );

export const signInSchema = z.object({
  email,
  password: z.string().check(z.minLength(1, 'Enter your password')),
});

// The short name of an organisation: a letter, then small letters, digits or '_', at most 63.
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  const named = /^[a-z]/.test(slug) ? slug : `org_${slug}`;
  return named.slice(0, 63).replace(/_+$/, '');
}

export const setupSchema = z.object({
  code: z.string().check(z.trim(), z.minLength(1, 'Enter the code that the server printed')),
  organisation: z
    .string()
    .check(
      z.trim(),
      z.minLength(1, 'Enter a name'),
      z.maxLength(100, 'Use at most 100 characters'),
    ),
  name: z
    .string()
    .check(
      z.trim(),
      z.minLength(1, 'Enter your name'),
      z.maxLength(100, 'Use at most 100 characters'),
    ),
  email,
  password: newPassword,
});
