// One view of the organisation, or a new one.
export { default } from '@/features/models/views/view-page';
