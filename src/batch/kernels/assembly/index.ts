export * from './bytes';
export * from './access';
