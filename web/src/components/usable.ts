// A button that cannot be used now and is there nevertheless. One that is disabled loses the focus when it becomes so, the
// keyboard passes over it, and nobody hears what it says; this one only does nothing. The theme makes it look like one.

export interface Usable {
  onClick?: () => void;
  'aria-disabled'?: true;
}

export const usable = (may: boolean, run: () => void): Usable =>
  may ? { onClick: run } : { 'aria-disabled': true };
