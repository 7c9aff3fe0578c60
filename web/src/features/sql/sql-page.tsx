// The page for statements.
export { SqlScreen as default } from './sql-screen';
