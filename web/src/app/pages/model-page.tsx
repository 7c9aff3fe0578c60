// One model of the organisation.
export { default } from '@/features/models/model-page';
