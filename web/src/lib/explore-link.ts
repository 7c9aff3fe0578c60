// The address at which Explore asks a model or a view.
export const exploring = (modelOrView: string): string =>
  `/explore?model=${encodeURIComponent(modelOrView)}`;
