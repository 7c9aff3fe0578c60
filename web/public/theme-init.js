// Sets the theme before the first paint. A file of its own, because the page allows no inline script.
(function () {
  var choice = null;
  try {
    choice = localStorage.getItem('tidemill-theme');
  } catch {
    // Storage is blocked: follow the system.
  }
  if (choice !== 'light' && choice !== 'dark')
    choice = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  document.documentElement.setAttribute('data-theme', choice);
})();
