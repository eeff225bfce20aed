/** The label by which a person says that a loss of data is meant. */
export const DATA_LOSS_LABEL = 'data-loss-approved';
