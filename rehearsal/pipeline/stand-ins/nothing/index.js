/** What it would set up is there already. */
