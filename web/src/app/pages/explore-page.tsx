// Exploring the models of the organisation.
export { default } from '@/features/explore/explore-page';
