/** For `{@attach}` on a dialog: modal while it is there, closed by a press beside it; then the focus goes back to where it was. */
export function modal(close: () => void): (dialog: HTMLDialogElement) => () => void {
  return (dialog) => {
    const before = document.activeElement;
    dialog.showModal();
    // A press beside it is one on the dialog itself: its inside covers the rest.
    dialog.addEventListener('click', ({ target }) => {
      if (target === dialog) close();
    });
    return () => {
      dialog.close();
      // By itself the browser does this only for a dialog that is still in the document.
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  };
}
