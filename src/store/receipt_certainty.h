/* How sure a receipt is.
 *
 * The stories of the cart book tell how likely a cart is among all that they think of. What they do
 * not think of is counted here while the visit lasts, each a cause of its own for a wrong receipt:
 * how doubtful whose the visitor's track was at the worst moment, how likely it is that somebody
 * whom the cameras did not see took what the visitor is charged for, changes of weight beside the
 * visitor that came to nothing, and how long somebody else stood so close that ids may have been
 * exchanged. A receipt is right if none of the causes has struck. */
#pragma once

#include "store/cart_book.h"
#include "store/people.h"
#include "store/store_change.h"

typedef struct ReceiptCertainty ReceiptCertainty;

/* All must live as long. */
ReceiptCertainty *receipt_certainty_new(const StoreLayout *layout, const People *people,
                                        const CartBook *book);
void receipt_certainty_free(ReceiptCertainty *certainty);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReceiptCertainty, receipt_certainty_free)

/* After people_push. */
void receipt_certainty_look(ReceiptCertainty *certainty);
/* After cart_book_decide, of the last seconds. */
void receipt_certainty_decided(ReceiptCertainty *certainty, const Decision *decision,
                               const StoreChange *change);

/* That the receipt of OWNER is right, of whose cart the stories say that it is with
 * CART_PROBABILITY. */
double receipt_certainty_of(const ReceiptCertainty *certainty, Owner owner,
                            double cart_probability);
void receipt_certainty_forget(ReceiptCertainty *certainty, Owner owner);
