// Statements over the datasets of the organisation.
export { default } from '@/features/sql/sql-page';
