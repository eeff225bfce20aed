/** Says in the log what it was given, a line each, in place of the real action, which needs GitHub itself. */
'use strict';
for (const [name, value] of Object.entries(process.env).sort()) {
  if (name.startsWith('INPUT_') && value !== '')
    console.log(`${name.slice('INPUT_'.length).toLowerCase()} = ${value}`);
}
